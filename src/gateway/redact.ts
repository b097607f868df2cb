/** What stands in a recorded URL where a credential stood: the same for all, so that nothing can be derived from it. */
const redacted = 'REDACTED';

const names = new Set(
  `access_key access_token accesstoken api-key api_key api-token api_token apikey apitoken auth auth_key auth_token
  authkey authorization authtoken awsaccesskeyid bearer client_secret credential credentials deploy_token hdnea hdnts
  hmac id_token job_token jwt key key-pair-id oauth_token pass passphrase passwd password private_token pwd
  refresh_token sas secret security_token session session_id session_token sessionid sid sig sign signature
  signed subscription-key ticket token upload_token user_token x-api-key x-auth-token`.split(/\s+/),
);
/** Amazon's, Google's, Alibaba's, Oracle's … signed URLs: every parameter under the prefix belongs to the signature. */
const prefixes = ['x-amz-', 'x-goog-', 'x-oss-', 'x-obs-', 'x-cos-', 'x-ms-signature'];
const endings = /[-_.](?:token|secret|signature|password|apikey|credential)$/;

/** Of these, one alone makes a URL a signed one. */
const signatures = new Set(
  'hdnea hdnts hmac jwt sig sign signature token access_token auth_token authtoken id_token x-amz-signature x-goog-signature x-oss-signature x-amz-security-token'.split(
    ' ',
  ),
);
/** Parameters that say how and how long a signature holds: they change with it (Azure SAS, CloudFront, Google). */
const companions = new Set(
  'expires exp expiry policy se ske skoid sks skt sktid skv sp spr sr st sv googleaccessid nonce timestamp rscd rsct'.split(
    ' ',
  ),
);

function isCredential(name: string): boolean {
  return names.has(name) || prefixes.some(prefix => name.startsWith(prefix)) || endings.test(name);
}

/** True for a URL that carries a signature or a token: whoever has the URL has the access. */
export function isSigned(url: URL): boolean {
  return queryNames(url).some(name => signatures.has(name));
}

/**
 * The URL as keys, recordings and messages hold it: user information and fragment dropped, the values of credential
 * parameters replaced. Redacting twice changes nothing, so that a recorded `Location` leads to the recorded key.
 */
export function redactUrl(url: URL): string {
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  clean.hash = '';
  if (clean.search === '') {
    // A lone "?" is not sent upstream either.
    clean.search = '';
    return clean.href;
  }
  const signed = isSigned(clean);
  const query = clean.search
    .slice(1)
    .split('&')
    .map(parameter => {
      const [name = ''] = parameter.split('=', 1);
      const plain = decoded(name).toLowerCase();
      const value = parameter.slice(name.length + 1);
      const hide = isCredential(plain) || (signed && companions.has(plain)) || holdsCredential(value, clean);
      return hide && value !== '' ? `${name}=${redacted}` : parameter;
    });
  // Set as text: URLSearchParams would write the other parameters anew.
  clean.search = query.join('&');
  return clean.href;
}

/** A URL inside of a parameter: `?url=https%3A%2F%2Fcdn.test%2F%3Ftoken%3D…`. */
function holdsCredential(value: string, base: URL): boolean {
  const text = decoded(value);
  if (!text.includes('?') || !URL.canParse(text, base.href)) return false;
  const nested = new URL(text, base);
  return redactUrl(nested) !== withoutFragment(nested);
}

/** Header values that hold URLs (Location, Link): the same replacement inside. `base` resolves what is relative. */
export function redactLocation(value: string, base: URL): string {
  if (!URL.canParse(value, base.href)) return value;
  const target = new URL(value, base);
  const clean = redactUrl(target);
  // Unchanged ones stay as the server wrote them: relative, or with a fragment, unless that may carry a token.
  return clean === withoutFragment(target) && !target.hash.includes('=') ? value : clean;
}

export function redactLink(value: string, base: URL): string {
  return value.replaceAll(/<([^>]*)>/g, (_whole, target: string) => `<${redactLocation(target, base)}>`);
}

/** True for request headers that say who is asking; they stay with the origin that they were meant for. */
export function isCredentialHeader(name: string): boolean {
  return /auth|token|cookie|secret|credential|api-?key|session|password/i.test(name);
}

function withoutFragment(url: URL): string {
  const copy = new URL(url);
  copy.hash = '';
  return copy.href;
}

function queryNames(url: URL): string[] {
  return url.search
    .slice(1)
    .split('&')
    .map(parameter => decoded(parameter.split('=', 1)[0] ?? '').toLowerCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
