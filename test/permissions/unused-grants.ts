/** Grants that no test uses, each with the reason why it stays. A grant that is used, or gone, is taken out of here. */
export const UNUSED_GRANTS: Readonly<Record<string, string>> = {};
