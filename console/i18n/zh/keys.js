// The texts of the page `keys`: keys begin with `keys.`.
export default {
};
