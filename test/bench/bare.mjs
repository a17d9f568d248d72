// The measure of all things: the least that `node:http` can do, answering one document from a Buffer.
import { createServer } from 'node:http';
import { answerQuestions } from './processes.mjs';

let status = 200;
let headers = [];
let body;

const server = createServer((request, response) => {
  response.writeHead(status, headers);
  response.end(body);
});

answerQuestions((message) => {
  if (message.kind === 'answer') {
    ({ status, headers } = message);
    body = message.body === null ? undefined : Buffer.from(message.body, 'base64');
    return {};
  }
  return new Promise((done) => {
    server.listen(message.port, '127.0.0.1', 4096, () => done({}));
  });
});
