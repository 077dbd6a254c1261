// POST /api/v1/cluster/challenge, /data and /forward: what the other servers of the cluster ask for (protocol.md,
// "Cluster").
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "api/handlers.hpp"
#include "api/handlers/backups.hpp"
#include "api/handlers/forward.hpp"
#include "api/query/query.hpp"
#include "api/router.hpp"

namespace nvrhub::api {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 256 << 10;

/// The text under a key of a JSON object; empty: there is none.
std::string text_in(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The content of a call by one that knows the secret: the body has its signature of this call over a challenge of
/// ours.
std::optional<std::string> content_of_peer(Context& context, std::string_view call, const std::string& body) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  const std::string challenge = text_in(object, "challenge");
  std::string content = text_in(object, "content");
  const bool is_right = context.cluster_secret->is_signature(text_in(object, "signature"),
                                                             {call, text_in(object, "node"), challenge, content}) &&
                        context.challenges.redeem(challenge, std::chrono::steady_clock::now());
  return is_right ? std::optional(std::move(content)) : std::nullopt;
}

Response wrong_signature() {
  return error_response(
      403, "forbidden",
      "the signature is wrong: --cluster-secret-file must be the same on each server, and a challenge is "
      "accepted once, for 30 s");
}

/// Why there is nothing for peers here; nothing: there is.
std::optional<Response> no_peers(const Context& context) {
  if (!context.cluster) {
    return error_response(404, "not_found", "this is a single server: it was started without --cluster");
  }
  if (!context.cluster_secret) {
    return error_response(404, "not_found", "this server was started without --cluster-secret-file");
  }
  return std::nullopt;
}

/// A copy of the data, as fast as the caller reads it, and removed after it. Meanwhile the log is not trimmed beyond
/// it.
class DataFile final : public BodyStream, public std::enable_shared_from_this<DataFile> {
public:
  DataFile(Context& context, std::shared_ptr<const BackupPermit> permit, fs::path copy)
      : context_(context), permit_(std::move(permit)), copy_(std::move(copy)),
        file_(copy_ / "data.mdb", std::ios::binary) {}
  ~DataFile() override {
    remove();
    context_.shared->donated.end();
  }
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  void next(std::function<void(std::optional<std::string>)> take) override {
    post_to_reader(context_, [self = shared_from_this(), take = std::move(take)] { take(self->next_piece()); });
  }

  bool needs_token() const override { return false; }

private:
  void remove() {
    file_.close();
    std::error_code ignored;
    fs::remove_all(copy_, ignored);
  }
  std::optional<std::string> next_piece() {
    if (!file_.is_open()) return std::nullopt;
    std::string piece(piece_bytes, '\0');
    file_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (file_.bad()) return std::nullopt;
    piece.resize(static_cast<std::size_t>(file_.gcount()));
    if (piece.empty()) remove(); // here, not on the thread of the connection
    return piece;
  }

  Context& context_;
  const std::shared_ptr<const BackupPermit> permit_;
  const fs::path copy_;
  std::ifstream file_;
};

} // namespace

void post_challenge(Context& context, Executor, Request, Respond respond) {
  if (auto refused = no_peers(context)) return respond(std::move(*refused));
  const std::string challenge = context.challenges.issue(std::chrono::steady_clock::now());
  if (challenge.empty()) return respond(error_response(503, "unavailable", "the system gives no random bytes"));
  respond({200, nlohmann::json{{"challenge", challenge}}.dump()});
}

namespace {

/// Begins a copy of the data. On a reader thread.
void donate(Context& context, Executor executor, std::shared_ptr<const BackupPermit> permit, const Respond& respond) {
  const auto snapshot = context.store->snapshot();
  const auto applied = snapshot ? snapshot->applied() : tl::make_unexpected(snapshot.error());
  if (!applied) return respond(error_response(503, "unavailable", applied.error().message));
  context.shared->donated.begin(*applied);
  const fs::path copy = context.about.data_file.parent_path() / "for-peer";
  std::error_code ignored;
  fs::remove_all(copy, ignored); // of a server that was killed
  boost::asio::post(executor, [&context, executor, copy, permit, respond] {
    back_up(context, executor, {"--to", copy.string()}, [&context, copy, permit, respond](ProcessResult result) {
      if (result.code != 0) {
        context.shared->donated.end();
        return respond(backup_failed(std::move(result)));
      }
      const auto file = std::make_shared<DataFile>(context, permit, copy);
      file->next([file, respond](std::optional<std::string> first) {
        if (!first || first->empty()) return respond(error_response(503, "unavailable", "the copy cannot be read"));
        Response response{200, std::move(*first), "application/octet-stream"};
        response.rest = file;
        respond(std::move(response));
      });
    });
  });
}

/// The call that another server forwards. On a reader thread: what is not known to come from one is not worth more.
void take_forwarded(Context& context, Executor executor, const Request& request, const Respond& respond) {
  const auto content = content_of_peer(context, "forward", request.body);
  if (!content) return respond(wrong_signature());
  const nlohmann::json object = nlohmann::json::parse(*content, nullptr, false);
  auto target = parse_target(text_in(object, "target"));
  auto grant = decode_grant(text_in(object, "grant"));
  if (!target || !grant) return respond(error_response(400, "bad_request", "the forwarded call is malformed"));
  Request call{text_in(object, "method"), std::move(*target), text_in(object, "body")};
  call.grant = std::move(grant);
  handle_forwarded(context, executor, std::move(call), respond);
}

} // namespace

void post_cluster_data(Context& context, Executor executor, Request request, Respond respond) {
  if (auto refused = no_peers(context)) return respond(std::move(*refused));
  if (!content_of_peer(context, "data", request.body)) return respond(wrong_signature());
  if (context.draining) return respond(error_response(503, "shutting_down", "the server is shutting down"));
  const auto permit = std::make_shared<const BackupPermit>();
  if (!*permit) return respond(busy_with_backup());
  post_to_reader(context, [&context, executor, permit, respond] { donate(context, executor, permit, respond); });
}

void post_cluster_forward(Context& context, Executor executor, Request request, Respond respond) {
  if (auto refused = no_peers(context)) return respond(std::move(*refused));
  post_to_reader(context, [&context, executor, request = std::move(request), respond = std::move(respond)] {
    take_forwarded(context, executor, request, respond);
  });
}

} // namespace nvrhub::api
