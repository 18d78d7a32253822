// The two charts of a validation page, as inline SVG that styles itself by the page's CSS classes.
#pragma once

#include <string>
#include <vector>

namespace heddle::validation {

struct ChartPoint {
    std::string label, link; // what hovering says; a place in the page
    double x = 0, y = 0;     // Requires: above 0
    bool fitted = false;
};

// Measured along x, simulated along y, both logarithmic, with the diagonal and the lines of 20 % error.
std::string scatter_chart(const std::vector<ChartPoint>& points);

struct ChartBar {
    std::string label, link;
    double value = 0; // per cent
    bool fitted = false;
};

// Horizontal bars, in the order given; beyond `limit` per cent a bar is cut and says how long it is.
std::string bar_chart(const std::vector<ChartBar>& bars, double limit);

// Text for HTML and XML.
std::string escaped(const std::string& text);

} // namespace heddle::validation
