// The texts of the page `playground`: keys begin with `playground.`.
export default {
  'playground.title': 'Playground',
  'playground.lead': 'Hear what a licence unlocks. Everything happens in this page: the sound, the licence and the check are never sent anywhere.',
};
