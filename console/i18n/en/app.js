// The texts of the page `app`: keys begin with `app.`.
export default {
};
