// `nvrhub doctor`: what stands in the way of serving, before it does.
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <memory>

#include "app/doctor/patient.hpp"
#include "app/serve_flags.hpp"
#include "protocol/writer.hpp"
#include "store/directory_lock.hpp"

namespace nvrhub::app {

namespace {

struct DoctorFlags {
  ServeFlags serve;
  bool json = false;
};

const char* word(Verdict verdict) {
  constexpr std::array words{"ok", "warn", "bad"};
  return words[static_cast<std::size_t>(verdict)];
}

Verdict worst(const Findings& findings) {
  Verdict all = Verdict::ok;
  for (const Finding& finding : findings)
    all = std::max(all, finding.verdict);
  return all;
}

void print_json(const Findings& findings) {
  protocol::Writer writer;
  writer.begin_object().field("verdict", word(worst(findings))).key("findings").begin_array();
  for (const Finding& finding : findings) {
    writer.begin_object().field("check", finding.check).field("verdict", word(finding.verdict));
    writer.field("text", finding.text).text_or_null("advice", finding.advice).end_object();
  }
  writer.end_array().end_object();
  std::cout << writer.take() << std::endl;
}

void print_text(const Findings& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings)
    width = std::max(width, finding.check.size());
  for (const Finding& finding : findings) {
    std::string line = word(finding.verdict);
    line.resize(6, ' ');
    line += finding.check;
    line.resize(6 + width + 2, ' ');
    std::cout << line << finding.text << "\n";
    if (!finding.advice.empty()) std::cout << std::string(line.size(), ' ') << "-> " << finding.advice << "\n";
  }
  std::cout.flush();
}

/// The process that serves the directory; empty: one does, but which is not known.
std::optional<std::string> server_of(const std::filesystem::path& data) {
  if (!store::is_server_running(data)) return std::nullopt;
  std::ifstream file(data / store::lock_file_name);
  std::string pid;
  file >> pid;
  const bool number = !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos;
  std::error_code error;
  return number && std::filesystem::exists("/proc/" + pid, error) ? pid : "";
}

int doctor(const DoctorFlags& flags) {
  const ServerOptions options = resolve(flags.serve);
  Patient patient;
  patient.data = options.data;
  patient.address = options.address;
  patient.port = options.port;
  patient.max_connections = options.net.max_connections;
  patient.memory_limit = options.net.memory_limit;
  patient.threads = options.threads;
  patient.allow_anonymous = options.allow_anonymous;
  patient.server = server_of(options.data);
  Findings findings;
  for (const auto examine :
       {examine_machine, examine_limits, examine_memory, examine_network, examine_clock, examine_disk, examine_data})
    examine(patient, findings);
  flags.json ? print_json(findings) : print_text(findings);
  return worst(findings) == Verdict::bad ? 1 : 0;
}

} // namespace

void add_doctor(CLI::App& app, int& result) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Look whether this machine and this data directory are fit to serve, and say what to do");
  add_serve_flags(*command, flags->serve);
  command->add_flag("--json", flags->json, "One JSON object instead of lines");
  command->footer(
      "Takes the flags of `serve`, its environment and its --config, and looks at what they ask for. A server\n"
      "may be running: then its limits count. Exit code 1 if a line is `bad`; `warn` is worth a look.");
  command->callback([flags, &result] { result = doctor(*flags); });
}

} // namespace nvrhub::app
