// English: the foundation's own texts, and every page's.
import sign_in from './en/sign_in.js';
import account from './en/account.js';
import overview from './en/overview.js';
import apps from './en/apps.js';
import app from './en/app.js';
import keys from './en/keys.js';
import usage from './en/usage.js';
import call from './en/call.js';
import checker from './en/checker.js';
import inspector from './en/inspector.js';
import verifier from './en/verifier.js';
import playground from './en/playground.js';
import reference from './en/reference.js';
import audit from './en/audit.js';
import webhooks from './en/webhooks.js';
import people from './en/people.js';
import settings from './en/settings.js';
import core from './en/core.js';

/** @type {Record<string, string>} */
export default { ...core, ...sign_in, ...account, ...overview, ...apps, ...app, ...keys, ...usage, ...call, ...checker, ...inspector, ...verifier, ...playground, ...reference, ...audit, ...webhooks, ...people, ...settings };
