// The texts of the page `audit`: keys begin with `audit.`.
export default {
};
