// `nvrhub token add|list|revoke`: manages the access tokens of a data directory; a server may be running on it.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "access/token_file.hpp"
#include "app/cli/streams.hpp"
#include "app/cli/types.hpp"
#include "fleet/names.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::app {

namespace {

using access::Token;
using Change = tl::expected<void, std::string>;

struct TokenFlags {
  std::string data;
  std::string role;
  std::string hostname;
  std::vector<std::string> sites;
  std::string note;
  std::string id;
  bool json = false;
};

int fail(const std::string& message, int code = 1) {
  std::cerr << "nvrhub: " << message << "\n";
  return code;
}

fleet::WallMillis now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Why the flags of `add` are invalid; empty: they are valid.
std::string invalid_flags(const TokenFlags& flags) {
  if (!flags.hostname.empty() && flags.role != "nvr") return "--hostname is valid only with --role nvr";
  if (!flags.sites.empty() && !access::may_be_bound_to_sites(*access::role_of(flags.role))) {
    return "--site is valid only with --role dashboard or operator";
  }
  if (!flags.hostname.empty() && !fleet::is_addressable_name(flags.hostname)) {
    return "--hostname must be 1-200 bytes of UTF-8 without control characters, and not . or ..";
  }
  for (const std::string& site : flags.sites) {
    if (!site.empty() && !fleet::is_valid_name(site)) {
      return "--site must be at most 200 bytes of UTF-8 without control characters";
    }
  }
  if (!flags.note.empty() && !fleet::is_valid_name(flags.note)) {
    return "--note must be at most 200 bytes of UTF-8 without control characters";
  }
  return "";
}

Change erase(std::vector<Token>& tokens, const std::string& id) {
  if (std::erase_if(tokens, [&id](const Token& token) { return token.id == id; }) != 0) return {};
  return tl::make_unexpected("no token " + id + " exists");
}

/// Revokes a new token that could not be printed: its secret is lost.
int take_back(const TokenFlags& flags, const std::string& id) {
  const auto erase_it = [&id](std::vector<Token>& tokens) { return erase(tokens, id); };
  const auto done = access::TokenFile(flags.data).change(erase_it);
  if (done) return fail("token " + id + " could not be printed and was revoked again");
  return fail("token " + id + " could not be printed and stays valid (" + done.error() +
              "); revoke it with `nvrhub token revoke " + id + " --data " + flags.data + "`");
}

int add(const TokenFlags& flags) {
  if (const std::string why = invalid_flags(flags); !why.empty()) return fail(why, 2);
  Token token;
  token.role = *access::role_of(flags.role);
  if (!flags.hostname.empty()) token.hostname = flags.hostname;
  if (!flags.sites.empty()) token.sites = flags.sites;
  token.note = flags.note;
  token.made = now();
  std::string text;
  const auto done = access::TokenFile(flags.data).change([&](std::vector<Token>& tokens) -> Change {
    auto minted = access::mint(token, tokens);
    if (!minted) return tl::make_unexpected(minted.error());
    text = std::move(*minted);
    tokens.push_back(token);
    return {};
  });
  if (!done) return fail(done.error());
  std::cerr << "token " << token.id << ": " << access::describe(token) << ". It is shown only once:\n";
  std::cout << text << "\n";
  return output_error() ? take_back(flags, token.id) : 0; // main() states the error
}

int list(const TokenFlags& flags) {
  const auto tokens = access::TokenFile(flags.data).read();
  if (!tokens) return fail(tokens.error());
  if (!*tokens || (*tokens)->empty()) std::cerr << "no tokens\n";
  if (!*tokens) return 0;
  for (const Token& token : **tokens) {
    if (!flags.json) {
      std::cout << token.id << "  " << protocol::iso8601(token.made) << "  " << access::describe(token) << "\n";
      continue;
    }
    nlohmann::json object{
        {"id", token.id}, {"made", protocol::iso8601(token.made)}, {"role", access::to_string(token.role)}};
    if (token.hostname) object["hostname"] = *token.hostname;
    if (token.sites) object["sites"] = *token.sites;
    if (!token.note.empty()) object["note"] = token.note;
    std::cout << object.dump() << "\n";
  }
  return 0;
}

int revoke(const TokenFlags& flags) {
  // Accepts the whole token in place of its id.
  const std::string id(access::id_in(flags.id).value_or(flags.id));
  const auto done = access::TokenFile(flags.data).change([&](std::vector<Token>& tokens) -> Change {
    if (erase(tokens, id)) return {};
    return tl::make_unexpected("no token " + id + " exists; `nvrhub token list --data " + flags.data +
                               "` lists the ids");
  });
  if (!done) return fail(done.error());
  std::cerr << "token " << id << " revoked; a running server closes its connections within a second\n";
  return 0;
}

} // namespace

void add_token(CLI::App& app, int& result) {
  const auto flags = std::make_shared<TokenFlags>();
  CLI::App* command = app.add_subcommand("token", "Create, list and revoke access tokens; a server may be running");
  command->require_subcommand(1);
  const auto subcommand = [&](const char* name, const char* what, int (*run)(const TokenFlags&)) {
    CLI::App* sub = command->add_subcommand(name, what);
    sub->add_option("--data", flags->data, "Data directory")->type_name("DIR")->required()->envname("NVRHUB_DATA");
    sub->callback([flags, &result, run] { result = run(*flags); });
    return sub;
  };
  CLI::App* adding = subcommand("add", "Create a token and print it; only its hash is stored", add);
  adding
      ->add_option("--role", flags->role,
                   "nvr: report; dashboard: read; ingest: register NVRs; operator: read, register and operate; admin: "
                   "everything")
      ->required()
      ->check(CLI::IsMember({"nvr", "dashboard", "ingest", "operator", "admin"}));
  adding->add_option("--hostname", flags->hostname, "Role nvr: the only hostname it may use")->type_name("NAME");
  adding
      ->add_option("--site", flags->sites,
                   "Role dashboard or operator: the only site it may see and change; repeatable")
      ->type_name("NAME");
  adding->add_option("--note", flags->note, "Purpose, shown by `token list` and in the history")->type_name("TEXT");
  CLI::App* listing = subcommand("list", "Show the tokens, without their secrets", list);
  listing->add_flag("--json", flags->json, "One JSON object per line");
  CLI::App* revoking = subcommand("revoke", "Revoke a token", revoke);
  revoking->add_option("id", flags->id, "The token's id")->required();
  command->footer(
      "Once a token exists, everything except the page and the health checks requires one. Revoking the last token\n"
      "does not restore anonymous access; delete tokens.json and restart to do so.");
}

} // namespace nvrhub::app
