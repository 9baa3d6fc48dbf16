const MAX_URL_CHARACTERS = 2048;

/** Of a repository at GitHub, as its REST API names it; null where the path of the URL has other parts. */
export function ownerAndName(url: string): { readonly owner: string; readonly name: string } | null {
  const [, owner, name] = /^\/([A-Za-z0-9._-]+)\/([A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(new URL(url).pathname) ?? [];
  return owner === undefined || name === undefined ? null : { owner, name };
}

/**
 * One form for the addresses of a repository behind http(s) that differ in the case of the host, in `.git`, or in a slash at
 * the end. Null for what is no such address.
 */
export function normalizeRepositoryUrl(text: string): string | null {
  if (text.length > MAX_URL_CHARACTERS || !/^https?:/i.test(text) || !URL.canParse(text)) return null;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, '').replace(/\.git$/, '');
}
