/** Seconds that clocks may differ by (trust rule 3.2). */
export const CLOCK_SKEW = 300;
