// What node asks of malloc: buffers, zlib and crypto in threads of its own, JSON, and workers that come and go.
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
const crypto = require("node:crypto");
const zlib = require("node:zlib");

function numbers(seed) {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n);
  };
}

async function work(seed, rounds) {
  const next = numbers(seed);
  const digest = crypto.createHash("sha256");
  const kept = [];
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.allocUnsafeSlow(1 + (next() % 100000));
    bytes.fill(String(next()));
    kept[next() % 50] = bytes;
    const packed = await new Promise((done, failed) => zlib.deflate(bytes, (error, result) => (error ? failed(error) : done(result))));
    if (!zlib.inflateSync(packed).equals(bytes)) throw new Error("what was packed is not what came out");
    digest.update(packed);
    digest.update(JSON.stringify(JSON.parse(JSON.stringify({ round, list: Array.from({ length: 200 }, next) }))));
  }
  for (const bytes of kept) if (bytes) digest.update(bytes);
  return digest.digest("hex");
}

if (isMainThread) {
  const workers = [1, 2, 3, 4].map(
    (seed) =>
      new Promise((done, failed) => {
        const worker = new Worker(__filename, { workerData: { seed, rounds: Number(process.argv[2]) } });
        worker.on("message", done);
        worker.on("error", failed);
      }),
  );
  Promise.all(workers).then((digests) => console.log(digests.join("\n")));
} else {
  work(workerData.seed, workerData.rounds).then((digest) => parentPort.postMessage(digest));
}
