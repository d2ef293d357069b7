// The trace types of costlab's figures; `core` holds scatter.
module.exports = require("plotly.js/lib/core");
module.exports.register([require("plotly.js/lib/bar"), require("plotly.js/lib/heatmap")]);
