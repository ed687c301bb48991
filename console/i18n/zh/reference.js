// The texts of the page `reference`: keys begin with `reference.`.
export default {
};
