// Which layout a kernel trace has: container, grouped text or ungrouped text.
#include "frontend/trace/accelsim_raw.hpp"
#include "frontend/trace/accelsim_text.hpp"
#include "frontend/trace/accelsim_tracez.hpp"

namespace heddle {

std::unique_ptr<Kernel> open_accelsim_kernel(const std::filesystem::path& path, std::uint64_t id,
                                             std::shared_ptr<AccelSimFindings> findings) {
    if (path.extension() == ".tracez") {
        if (Diagnostic finding = check_compression(path); !finding.what.empty()) throw UserError(std::move(finding));
        TracezFile file(path, *findings);
        file.header.launch.id = id;
        return std::make_unique<AccelSimTracezKernel>(path, std::move(file), std::move(findings));
    }
    LineReader lines(open_bytes(path), path.string());
    AccelSimHeaderParser parser;
    TracePlace place{path.string(), 0, {}, -1};
    bool grouped = true;
    std::string_view line;
    while (lines.next(line)) {
        place.line = lines.line_number();
        if (line.starts_with('-')) {
            parser.take(line, place, *findings);
        } else if (line.starts_with("#BEGIN_TB") || (!line.starts_with('#') && !trimmed(line).empty())) {
            grouped = line.starts_with('#');
            lines.unread();
            break;
        }
    }
    if (place.line == 0) place.fail(1, "the file is empty");
    AccelSimHeader header = parser.finish(place, *findings);
    header.launch.id = id;
    if (grouped) return std::make_unique<AccelSimTextKernel>(std::move(lines), std::move(header), std::move(findings));
    return std::make_unique<AccelSimRawKernel>(std::move(lines), std::move(header), std::move(findings));
}

} // namespace heddle
