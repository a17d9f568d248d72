// One request over a bare socket, and its answer as it came.
import { once } from 'node:events';
import { connect } from 'node:net';

/** The text of a GET. */
export const requestText = (port, path, headers = {}) =>
  `${[
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')}\r\n\r\n`;

/** Status, headers (without those Node adds itself) and body of a document. */
export async function capture(port, path, headers = {}) {
  const socket = connect(port, '127.0.0.1');
  socket.write(requestText(port, path, { ...headers, Connection: 'close' }));
  const parts = [];
  socket.on('data', (part) => parts.push(part));
  await once(socket, 'close');
  const whole = Buffer.concat(parts);
  const end = whole.indexOf('\r\n\r\n');
  const [first, ...lines] = whole.subarray(0, end).toString('latin1').split('\r\n');
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const added = new Set(['date', 'connection', 'keep-alive']);
  const body = whole.subarray(end + 4);
  return {
    status: Number(first.split(' ')[1]),
    headers: pairs.filter(([name]) => !added.has(name.toLowerCase())).flat(),
    header: (wanted) => pairs.find(([name]) => name.toLowerCase() === wanted)?.[1],
    body: body.byteLength === 0 ? null : body.toString('base64'),
    bytes: body,
    wire: whole.byteLength,
  };
}
