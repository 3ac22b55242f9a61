/**
 * The address of a worker's script, as a browser with Trusted Types wants it: by a policy that the page's headers name, and
 * that lets through nothing but scripts that the bundler has put beside this page's own.
 */
const policyName = 'covault-worker';

/** What there is in browsers that have it; TypeScript does not know it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy(policyName, { createScriptURL: checked });

export const trusted = (url: string): unknown => policy?.createScriptURL(url) ?? checked(url);

function checked(url: string): string {
  const { origin, pathname } = new URL(url, document.baseURI);
  if (origin === window.location.origin && /\/assets\/[\w.-]+\.js$/.test(pathname)) return url;
  throw new TypeError('no script of this page');
}
