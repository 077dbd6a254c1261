// `nvrhub doctor`: finds what would prevent or degrade serving.
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <memory>

#include "app/cli/serve_flags.hpp"
#include "app/doctor/context.hpp"
#include "protocol/json/writer.hpp"
#include "store/directory/directory_lock.hpp"

namespace nvrhub::app {

namespace {

struct DoctorFlags {
  ServeFlags serve;
  bool json = false;
};

const char* to_string(Verdict verdict) {
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
  writer.begin_object().field("verdict", to_string(worst(findings))).key("findings").begin_array();
  for (const Finding& finding : findings) {
    writer.begin_object().field("check", finding.check).field("verdict", to_string(finding.verdict));
    writer.field("text", finding.text).text_or_null("advice", finding.advice).end_object();
  }
  writer.end_array().end_object();
  std::cout << writer.take() << "\n";
}

void print_text(const Findings& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings)
    width = std::max(width, finding.check.size());
  for (const Finding& finding : findings) {
    std::string line = to_string(finding.verdict);
    line.resize(6, ' ');
    line += finding.check;
    line.resize(6 + width + 2, ' ');
    std::cout << line << finding.text << "\n";
    if (!finding.advice.empty()) std::cout << std::string(line.size(), ' ') << "-> " << finding.advice << "\n";
  }
}

/// The id of the process that serves the directory; nullopt: none, empty: unknown.
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
  DoctorContext context;
  context.data = options.data;
  context.address = options.address;
  context.port = options.port;
  context.max_connections = options.net.connections.max_connections;
  context.memory_limit = options.net.memory_limit;
  context.threads = options.threads;
  context.allow_anonymous = options.allow_anonymous;
  context.tls = options.net.tls;
  if (options.cluster) context.etcd = options.cluster->etcd;
  context.peers = options.peers;
  context.server = server_of(options.data);
  Findings findings;
  for (const auto check : {check_machine, check_limits, check_memory, check_network, check_tls, check_clock, check_disk,
                           check_data, check_cluster})
    check(context, findings);
  flags.json ? print_json(findings) : print_text(findings);
  return worst(findings) == Verdict::bad ? 1 : 0;
}

} // namespace

void add_doctor(CLI::App& app, int& result) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command =
      app.add_subcommand("doctor", "Check whether this machine and the data directory are fit to serve, and advise");
  add_serve_flags(*command, flags->serve);
  command->add_flag("--json", flags->json, "Print one JSON object instead of lines");
  command->footer(
      "Takes the flags, environment and --config of `serve` and checks what they need. If a server runs on the data\n"
      "directory, the limits of its process are checked. Exit code 1 if a line is `bad`; review lines with `warn`.");
  command->callback([flags, &result] { result = doctor(*flags); });
}

} // namespace nvrhub::app
