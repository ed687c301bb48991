// The texts of the page `overview`: keys begin with `overview.`.
export default {
};
