// The texts of the page `usage`: keys begin with `usage.`.
export default {
};
