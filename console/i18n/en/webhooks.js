// The texts of the page `webhooks`: keys begin with `webhooks.`.
export default {
};
