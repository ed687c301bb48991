// The texts of the page `call`: keys begin with `call.`.
export default {
};
