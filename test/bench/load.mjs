// The load generator: many kept-alive sockets, prebuilt requests, and no more reading than it takes to know that
// an answer is whole. Run as a process of its own, so that it takes nothing from the server's core.
import { connect } from 'node:net';
import { requestText } from './capture.mjs';
import { answerQuestions, pause } from './processes.mjs';

answerQuestions((message) => (message.kind === 'paced' ? paced(message) : flatOut(message)));

/** One buffer for all: a read is over before the next one begins. */
const shared = Buffer.allocUnsafe(1024 * 1024);

/**
 * A socket that tells of each whole answer: `onAnswer(status, body)`. The body is only kept together
 * when `keepBody`. What was answered last time is expected to come again with the same length.
 */
function open(port, { keepBody = false, onAnswer, onFault }) {
  let held;
  let missing = 0;
  let status = 0;
  let usual = 0;
  let isClosed = false;

  function read(count, buffer) {
    // The common case: the very answer of before, in one piece.
    if (count === usual && held === undefined && missing === 0 && !keepBody) {
      onAnswer(statusIn(buffer));
      return;
    }
    if (missing > 0 && !keepBody) {
      missing -= count;
      if (missing < 0) onFault('more bytes than announced');
      if (missing === 0) onAnswer(status);
      return;
    }
    const piece = Buffer.from(buffer.subarray(0, count));
    held = held === undefined ? piece : Buffer.concat([held, piece]);
    const end = held.indexOf('\r\n\r\n');
    if (end === -1) return;
    status = statusIn(held);
    const length = lengthIn(held.toString('latin1', 0, end));
    const rest = end + 4 + length - held.byteLength;
    if (rest > 0) {
      if (keepBody) return;
      missing = rest;
      held = undefined;
      return;
    }
    if (rest < 0) {
      onFault('more bytes than announced');
      return;
    }
    const body = keepBody ? held.subarray(end + 4) : undefined;
    usual = held.byteLength;
    held = undefined;
    onAnswer(status, body);
  }

  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: shared,
      callback(count, buffer) {
        read(count, buffer);
        return true;
      },
    },
  });
  socket.on('error', (error) => onFault(error.code ?? String(error)));
  socket.on('close', () => {
    if (!isClosed) onFault('closed');
  });
  return {
    /** Connected, or known not to be: that is a fault like others. */
    ready: new Promise((done) => socket.once('connect', done).once('error', done)),
    send: (text) => socket.write(text, 'latin1'),
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
}

const statusIn = (buffer) => (buffer[9] - 48) * 100 + (buffer[10] - 48) * 10 + (buffer[11] - 48);

function lengthIn(head) {
  const found = /\r\ncontent-length: (\d+)/i.exec(head);
  return found ? Number(found[1]) : 0;
}

/** As fast as it goes: each connection asks again as soon as it was answered. */
async function flatOut({
  port,
  path,
  headers,
  status: wanted,
  connections,
  seconds,
  warmUp = 0.3,
}) {
  const text = requestText(port, path, headers);
  let answers = 0;
  let isOver = false;
  const faults = createFaults();
  const all = Array.from({ length: connections }, () => {
    const one = open(port, {
      onAnswer(status) {
        if (status !== wanted) faults.note(`status ${status}`);
        answers += 1;
        if (!isOver) one.send(text);
      },
      onFault: faults.note,
    });
    return one;
  });
  await Promise.all(all.map((one) => one.ready));
  for (const one of all) one.send(text);
  await pause(warmUp * 1000);
  process.send({ mark: 'begin' });
  answers = 0;
  const began = performance.now();
  await pause(seconds * 1000);
  const took = (performance.now() - began) / 1000;
  const counted = answers;
  process.send({ mark: 'end' });
  isOver = true;
  await pause(30);
  for (const one of all) one.close();
  return { answers: counted, seconds: took, perSecond: counted / took, faults: faults.all() };
}

/**
 * Like an audience: every connection asks once in `every` milliseconds, whether or not it hurts.
 * `mix` says what is asked for; those with `check` are read for the newest update's number, and must
 * never tell of an older one than anybody had been told of when they asked.
 */
async function paced({ port, connections, every, seconds, mix }) {
  const faults = createFaults();
  const latencies = [];
  const firstSeen = {};
  let newest = 0;
  let backwards = 0;
  let skipped = 0;
  let answers = 0;

  const all = [];
  for (let i = 0; i < connections; i += 1) {
    const { path, headers, check = false } = mix[i % mix.length];
    const text = requestText(port, path, headers);
    let sentAt = 0;
    let known = 0;
    const one = open(port, {
      keepBody: check,
      onAnswer(status, body) {
        latencies.push(performance.now() - sentAt);
        sentAt = 0;
        answers += 1;
        if (status !== 200 && status !== 304) faults.note(`status ${status}`);
        if (body !== undefined) see(body, known);
      },
      onFault: faults.note,
    });
    all.push({
      ...one,
      ask() {
        if (sentAt !== 0) {
          skipped += 1;
          return;
        }
        sentAt = performance.now();
        known = newest;
        one.send(text);
      },
    });
    if (i % 200 === 199) await pause(10);
  }

  function see(body, known) {
    const found = /Bench update (\d+)/.exec(body.toString('latin1'));
    const number = found ? Number(found[1]) : 0;
    if (number < known) backwards += 1;
    if (number <= newest) return;
    newest = number;
    firstSeen[number] = performance.timeOrigin + performance.now();
  }

  await Promise.all(all.map((one) => one.ready));
  process.send({ mark: 'begin' });
  latencies.length = 0;
  answers = 0;
  const began = performance.now();
  let asked = 0;
  while (performance.now() - began < seconds * 1000) {
    // As many as should have asked by now, in turn.
    const due = Math.floor(((performance.now() - began) / every) * connections);
    for (; asked < due; asked += 1) all[asked % connections].ask();
    await pause(2);
  }
  const took = (performance.now() - began) / 1000;
  process.send({ mark: 'end' });
  await pause(1500);
  for (const one of all) one.close();
  return {
    answers,
    seconds: took,
    skipped,
    backwards,
    newest,
    firstSeen,
    faults: faults.all(),
    latencies: sampled(latencies.toSorted((a, b) => a - b)),
  };
}

/** Enough of a sorted list to read its quantiles from, its ends included. */
const sampled = (sorted) =>
  sorted.length <= 10_000
    ? sorted
    : Array.from(
        { length: 10_001 },
        (_, i) => sorted[Math.round((i / 10_000) * (sorted.length - 1))],
      );

function createFaults() {
  const counts = {};
  return {
    note: (what) => void (counts[what] = (counts[what] ?? 0) + 1),
    all: () => counts,
  };
}
