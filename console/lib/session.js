// Who is signed in, and what the API lets them do. The console shows no control that the API would refuse.
import * as api from './api.js';
import { navigate, route } from './router.js';
import { store } from './store.js';

/** null: nobody; undefined: not asked yet. @type {import('./store.js').Store<Api.Session | null | undefined>} */
export const session = store(/** @type {Api.Session | null | undefined} */ (undefined));

/** Where to go on after sign-in. */
let returnTo = '/';

/** Whether the API would let this caller do it: an operation id such as `create_app`. @param {string} operation */
export const may = (operation) => session.get()?.operations.includes(operation) ?? false;

/** Asks who this is; where nobody is signed in, goes to sign-in, or to the first-run setup. */
export async function begin() {
  api.hooks.csrfToken = () => session.get()?.csrf_token ?? null;
  api.hooks.signIn = ended;
  try {
    session.set((await api.request('GET', '/session', { quiet: true })).data);
  } catch (error) {
    if (!(error instanceof Object && 'status' in error && error.status === 401)) throw error;
    session.set(null);
    if (route.get().public) return;
    keepPlace();
    const setup = await api.get('/setup').catch(() => ({ needed: false }));
    navigate(setup.needed ? '/setup' : '/sign-in', { replace: true });
  }
}

/** Takes a session that the server just gave, and goes on where the person was. @param {Api.Session} next */
export function signedIn(next) {
  session.set(next);
  const place = returnTo;
  returnTo = '/';
  navigate(place, { replace: true });
}

/** Signs out here and at the server. */
export async function signOut() {
  await api.del('/session', { quiet: true }).catch(() => null);
  session.set(null);
  navigate('/sign-in');
}

/** The server no longer knows this session. */
function ended() {
  if (route.get().public) return;
  keepPlace();
  session.set(null);
  navigate('/sign-in', { replace: true });
}

function keepPlace() {
  returnTo = route.get().href;
}
