// Requests with a typical fault each, to see what the checker says. None carries a real secret's signature.

const SIGNATURE = '43e5cfcca828314675f91b001390566a';
const CURL_HOST = 'https://license.example.com/?';

/** @param {string} appId @param {Record<string, string>} [changed] */
function url(appId, changed = {}) {
  const parameters = {
    Action: 'CgiDescribeZIMAudioLicense',
    AppId: appId,
    SignatureNonce: '4fd24687296dd9f3',
    Timestamp: String(Math.floor(Date.now() / 1000)),
    SignatureVersion: '2.0',
    Signature: SIGNATURE,
    ...changed,
  };
  return CURL_HOST + Object.entries(parameters).map(([name, value]) => `${name}=${value}`).join('&');
}

/** @type {{id: string, make: (appId: string) => string}[]} */
export const samples = [
  { id: 'old', make: (appId) => url(appId, { Timestamp: '1615186943' }) },
  { id: 'milliseconds', make: (appId) => url(appId, { Timestamp: String(Date.now()) }) },
  { id: 'upper_case', make: (appId) => url(appId, { Signature: SIGNATURE.toUpperCase() }) },
  { id: 'app_sign', make: (appId) => url(appId, { Signature: SIGNATURE.repeat(2) }) },
  { id: 'version', make: (appId) => url(appId, { SignatureVersion: '1.0' }) },
  { id: 'doubled', make: (appId) => `${url(appId)}&AppId=${appId}` },
  { id: 'nonce', make: (appId) => url(appId, { SignatureNonce: '' }) },
  { id: 'unquoted', make: (appId) => `curl ${url(appId).split('&')[0]}` },
];
