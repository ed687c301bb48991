// The texts of the page `sign_in`: keys begin with `sign_in.`.
export default {
};
