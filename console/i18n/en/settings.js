// The texts of the page `settings`: keys begin with `settings.`.
export default {
};
