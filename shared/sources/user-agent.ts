/** How functions name themselves to forges: printable ASCII without spaces. */
export const USER_AGENT = 'headlock/0.1.0';
