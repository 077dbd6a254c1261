// Etcd's own round trip: the least that an entry of the log takes.
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';

const VALUE_BYTES = 1000;

/** A length-delimited field of Protobuf; `bytes` are fewer than 16,384. */
function field(number, bytes) {
  const length = bytes.length < 128 ? [bytes.length] : [bytes.length & 127 | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number << 3 | 2, ...length]), bytes]);
}

function put(session) {
  const message = Buffer.concat([field(1, Buffer.from('bench-round-trip')), field(2, Buffer.alloc(VALUE_BYTES, 120))]);
  const head = Buffer.alloc(5); // not compressed, and the length
  head.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const stream = session.request({ ':method': 'POST', ':path': '/etcdserverpb.KV/Put', 'content-type': 'application/grpc', te: 'trailers' });
    stream.once('trailers', (trailers) => {
      if (trailers['grpc-status'] === '0') resolve(performance.now() - began);
      else reject(new Error(`etcd: ${trailers['grpc-message']}`));
    });
    stream.once('error', reject);
    stream.resume();
    stream.end(Buffer.concat([head, message]));
  });
}

/** Milliseconds of `count` writes, ten a second, through the member of etcd at `url`. */
export async function putTimes(url, count) {
  const session = connect(url);
  const times = [];
  try {
    for (let i = 0; i < count; ++i) {
      times.push(await put(session));
      await sleep(100);
    }
  } finally {
    session.close();
  }
  return times;
}
