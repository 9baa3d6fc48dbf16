/**
 * Told of each block that an attack with one of the `remaining` vectors may have made, with its 80 words, and the chaining
 * values before and after it, in memory.
 * @returns whether it is one of a colliding pair
 */
export declare function collides(remaining: i32): bool;
