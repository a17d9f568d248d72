// A relay that takes everything and does as little as it can: the yardstick's other end. A process of its own.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { answerQuestions } from '../processes.mjs';

const end = Buffer.from('\r\n.\r\n');
const hello = '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n';

let server;
let port = 0;
/** Milliseconds before a message is answered, or before each answer. */
let delay = 0;
let delayAt = 'message';
/** Whether each recipient's bytes are remembered. */
let keeps = false;
let messages = 0;
let bytes = 0;
let most = 0;
const sockets = new Set();
const recipients = new Map();

answerQuestions(async (message) => {
  switch (message.kind) {
    case 'listen':
      ({ delay = 0, delayAt = 'message', keeps = false } = message);
      forget();
      if (!server) await up();
      return { port };
    case 'count':
      return { messages, bytes, connections: sockets.size, most };
    case 'down':
      await down();
      return {};
    case 'up':
      await up();
      return {};
    case 'digest':
      return digest();
    default:
      throw new Error(`The sink does not know ${message.kind}.`);
  }
});

function forget() {
  messages = 0;
  bytes = 0;
  most = sockets.size;
  recipients.clear();
}

function up() {
  server = createServer({ noDelay: true }, take);
  return new Promise((done) =>
    server.listen(port, '127.0.0.1', () => {
      ({ port } = server.address());
      done();
    }),
  );
}

function down() {
  for (const socket of sockets) socket.destroy();
  return new Promise((done) => {
    server.close(done);
    server = undefined;
  });
}

/** What came for whom: how many people, how many second copies, and how many of those were not the same bytes. */
function digest() {
  let doubles = 0;
  let differing = 0;
  for (const { copies, isSame } of recipients.values()) {
    doubles += copies - 1;
    if (!isSame) differing += 1;
  }
  return { people: recipients.size, doubles, differing };
}

function remember(recipient, hash) {
  const known = recipients.get(recipient);
  if (!known) recipients.set(recipient, { hash, copies: 1, isSame: true });
  else {
    known.copies += 1;
    known.isSame &&= known.hash === hash;
  }
}

function take(socket) {
  sockets.add(socket);
  most = Math.max(most, sockets.size);
  let inBody = false;
  let recipient = '';
  let hash;
  /** The last bytes of the chunk before, in which the end may have begun. */
  let tail = Buffer.alloc(0);
  let line = '';
  let isOpen = true;

  const send = (text) => {
    if (isOpen) socket.write(text, 'latin1');
  };
  const answer = (text, isMessage) => {
    if (delay > 0 && (isMessage || delayAt === 'reply')) setTimeout(send, delay, text);
    else send(text);
  };

  function read(data) {
    let from = 0;
    let replies = '';
    while (from < data.length) {
      if (!inBody) {
        const stop = data.indexOf(10, from);
        line += data.latin1Slice(from, stop === -1 ? data.length : stop + 1);
        if (stop === -1) break;
        from = stop + 1;
        replies += command(line);
        line = '';
        continue;
      }
      from = body(data, from, replies);
      if (inBody) return;
      replies = '';
    }
    if (replies !== '') answer(replies, false);
  }

  function command(text) {
    const verb = text.slice(0, 4).toUpperCase();
    if (verb === 'MAIL') return '250 ok\r\n';
    if (verb === 'RCPT') {
      recipient = text.slice(text.indexOf('<') + 1, text.lastIndexOf('>'));
      return '250 ok\r\n';
    }
    if (verb === 'DATA') {
      inBody = true;
      tail = Buffer.from('\r\n');
      if (keeps) hash = createHash('sha1');
      return '354 go\r\n';
    }
    if (verb === 'EHLO' || verb === 'HELO') return hello;
    return verb === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n';
  }

  /** Reads on in the message; answers where it ended, or the end of the data. */
  function body(data, from, replies) {
    if (replies !== '') answer(replies, false);
    const stop = findEnd(data, from);
    const part = data.subarray(from, stop === -1 ? data.length : stop);
    bytes += part.length;
    hash?.update(part);
    if (stop === -1) {
      tail = Buffer.concat([tail, part]).subarray(-4);
      return data.length;
    }
    inBody = false;
    messages += 1;
    if (hash) remember(recipient, hash.digest('base64'));
    hash = undefined;
    answer('250 taken\r\n', true);
    return stop;
  }

  /** Where the message's end ends; its beginning may lie in the chunk before. */
  function findEnd(data, from) {
    const seam = Buffer.concat([tail, data.subarray(from, from + 4)]).indexOf(end);
    if (seam !== -1) return from + seam + end.length - tail.length;
    const at = data.indexOf(end, from);
    return at === -1 ? -1 : at + end.length;
  }

  socket.on('data', read);
  socket.on('error', () => {});
  socket.on('close', () => {
    isOpen = false;
    sockets.delete(socket);
  });
  answer('220 sink\r\n', false);
}
