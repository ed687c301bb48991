// The texts of the page `people`: keys begin with `people.`.
export default {
};
