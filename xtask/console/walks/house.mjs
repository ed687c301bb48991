// What every walk stands in, gathered: a server, a page that is watched, a person, and how it looks.

import { openPage } from './page.mjs';
import { Person, enrol } from './person.mjs';
import { serve } from './server.mjs';

export * from './looks.mjs';
export * from './page.mjs';
export * from './person.mjs';
export * from './server.mjs';

/** A server with its first owner signed in. @param {{folder?: string, config?: string}} [wanted] @param {Parameters<typeof openPage>[1]} [look] */
export async function ownersHouse(wanted, look) {
  const house = await serve(wanted);
  const page = await openPage(house.origin, look);
  const owner = new Person('olivia');
  await enrol(page, await owner.early(), { setup: house.setupToken });
  return { ...house, page, owner };
}
