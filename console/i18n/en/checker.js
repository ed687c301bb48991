// The texts of the page `checker`: keys begin with `checker.`.
export default {
};
