// The texts of the page `account`: keys begin with `account.`.
export default {
};
