/** What random tests start from, so that a change is judged by itself. Look elsewhere with `HEADLOCK_SEED=…`. */
export const SEED = Number(process.env.HEADLOCK_SEED ?? 20_261_122);
