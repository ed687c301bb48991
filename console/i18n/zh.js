// 简体中文：基础文本与各页面文本。
import sign_in from './zh/sign_in.js';
import account from './zh/account.js';
import overview from './zh/overview.js';
import apps from './zh/apps.js';
import app from './zh/app.js';
import keys from './zh/keys.js';
import usage from './zh/usage.js';
import call from './zh/call.js';
import checker from './zh/checker.js';
import inspector from './zh/inspector.js';
import verifier from './zh/verifier.js';
import playground from './zh/playground.js';
import reference from './zh/reference.js';
import audit from './zh/audit.js';
import webhooks from './zh/webhooks.js';
import people from './zh/people.js';
import settings from './zh/settings.js';
import core from './zh/core.js';

/** @type {Record<string, string>} */
export default { ...core, ...sign_in, ...account, ...overview, ...apps, ...app, ...keys, ...usage, ...call, ...checker, ...inspector, ...verifier, ...playground, ...reference, ...audit, ...webhooks, ...people, ...settings };
