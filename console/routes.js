// The whole table of pages: each is `pages/<page>.js`, loaded when it is first opened, with its texts in
// `i18n/<language>/<page>.js`. `nav` puts it into the navigation, under a group; `needs` is the operation without which the
// page has nothing to show to a caller.

/** @typedef {{path: string, page: string, public?: boolean, nav?: 'run' | 'tools' | 'admin', needs?: string}} Route */

/** @type {Route[]} */
export const routes = [
  { path: '/sign-in', page: 'sign_in', public: true },
  { path: '/setup', page: 'setup', public: true },
  { path: '/enroll', page: 'enroll', public: true },
  { path: '/demo', page: 'demo', public: true },
  { path: '/', page: 'overview', nav: 'run', needs: 'get_overview' },
  { path: '/apps', page: 'apps', nav: 'run', needs: 'list_apps' },
  { path: '/apps/:app_id', page: 'app' },
  { path: '/keys', page: 'keys', nav: 'run', needs: 'get_keys' },
  { path: '/usage', page: 'usage', nav: 'run', needs: 'get_usage' },
  { path: '/call', page: 'call', nav: 'tools' },
  { path: '/checker', page: 'checker', nav: 'tools', needs: 'check_request' },
  { path: '/inspector', page: 'inspector', nav: 'tools', needs: 'inspect_license' },
  { path: '/verifier', page: 'verifier', nav: 'tools' },
  { path: '/playground', page: 'playground', nav: 'tools' },
  { path: '/reference', page: 'reference', nav: 'tools' },
  { path: '/audit', page: 'audit', nav: 'admin', needs: 'list_audit' },
  { path: '/webhooks', page: 'webhooks', nav: 'admin', needs: 'list_webhooks' },
  { path: '/people', page: 'people', nav: 'admin', needs: 'list_users' },
  { path: '/settings', page: 'settings', nav: 'admin', needs: 'get_settings' },
  { path: '/account', page: 'account' },
];
