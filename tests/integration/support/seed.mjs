/** The seed of the random choices in a test file. NVRHUB_SEED=<number> repeats a run. */
export const SEED = Number(process.env.NVRHUB_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`NVRHUB_SEED=${SEED}`);
