// The texts of the page `inspector`: keys begin with `inspector.`.
export default {
};
