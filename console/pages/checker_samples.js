// Requests with a typical fault each, to see what the checker says. None carries a real secret's signature.

const SIGNATURE = '43e5cfcca828314675f91b001390566a';
const CURL_HOST = 'https://license.example.com/?';

/** @param {Record<string, string>} [changed] */
function url(changed = {}) {
  const parameters = {
    Action: 'CgiDescribeZIMAudioLicense',
    AppId: '12345',
    SignatureNonce: '4fd24687296dd9f3',
    Timestamp: String(Math.floor(Date.now() / 1000)),
    SignatureVersion: '2.0',
    Signature: SIGNATURE,
    ...changed,
  };
  return CURL_HOST + Object.entries(parameters).map(([name, value]) => `${name}=${value}`).join('&');
}

/** @type {{id: string, make: () => string}[]} */
export const samples = [
  { id: 'old', make: () => url({ Timestamp: '1615186943' }) },
  { id: 'milliseconds', make: () => url({ Timestamp: String(Date.now()) }) },
  { id: 'upper_case', make: () => url({ Signature: SIGNATURE.toUpperCase() }) },
  { id: 'app_sign', make: () => url({ Signature: SIGNATURE.repeat(2) }) },
  { id: 'version', make: () => url({ SignatureVersion: '1.0' }) },
  { id: 'doubled', make: () => `${url()}&AppId=12345` },
  { id: 'action', make: () => url({ Action: 'cgiDescribeZIMAudioLicense' }) },
  { id: 'unquoted', make: () => `curl ${url().split('&')[0]}` },
];
