// The texts of the page `apps`: keys begin with `apps.`.
export default {
};
