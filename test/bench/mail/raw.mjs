// The yardstick: an SMTP client that does nothing but write bytes which were ready before, with as many round
// trips a message as the product's: one for the envelope, one for the message. A process of its own.
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { answerQuestions } from '../processes.mjs';

// As the sender does.
setPriority(10);
answerQuestions(run);

async function run({ port, connections, count, bytes }) {
  const message = messageOf(bytes);
  const envelope = Buffer.from(
    'MAIL FROM:<b@bounce.example.test>\r\nRCPT TO:<s@example.test>\r\nDATA\r\n',
  );
  let given = 0;
  let taken = 0;
  const began = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: connections }, line));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  if (taken !== count) throw new Error(`${taken} of ${count} were taken.`);
  return { seconds, perSecond: count / seconds, microseconds: (user + system) / count };

  function line() {
    return new Promise((done, fail) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      /** Answers that are still to come before the next step. */
      let missing = 1;
      let step = 'greeting';
      const next = () => {
        switch (step) {
          case 'greeting':
            step = 'hello';
            missing = 4;
            socket.write('EHLO raw\r\n');
            break;
          case 'message':
            taken += 1;
          // Falls through: the next one.
          case 'hello':
            if (given === count) {
              socket.destroy();
              done();
              return;
            }
            given += 1;
            step = 'envelope';
            missing = 3;
            socket.write(envelope);
            break;
          default:
            step = 'message';
            missing = 1;
            socket.write(message);
        }
      };
      socket.on('data', (data) => {
        for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, at + 1)) missing -= 1;
        if (missing === 0) next();
      });
      socket.on('error', fail);
    });
  }
}

/** A message of that many bytes, its end included, in lines of 76. */
function messageOf(bytes) {
  const line = `${'x'.repeat(74)}\r\n`;
  const text = line.repeat(Math.ceil(bytes / line.length)).slice(0, Math.max(10, bytes - 5));
  return Buffer.from(`${text}\r\n.\r\n`);
}
