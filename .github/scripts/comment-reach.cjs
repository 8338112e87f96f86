// Puts what the workflow `reach` wrote on its pull request, in one comment that is kept up to date.
//
// The text was made by the code of the pull request, so that a stranger may have written it. It is
// never run and never decides anything: which pull request is meant comes from GitHub; and it can
// neither call anybody, nor show a picture, nor hide where a link leads, nor hide anything.

const { readFile } = require("node:fs/promises");

const MARK = "<!-- reach -->";
const LONGEST = 60000; // GitHub refuses more than 65,536 characters

function harmless(text) {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}\n\n…` : text;
  return short
    .replace(/</g, "&lt;")
    .replace(/[[\]]/g, "\\$&")
    .replace(/@/g, "@\u200b");
}

async function comment({ github, context, core, file }) {
  const run = context.payload.workflow_run;
  const { owner, repo } = context.repo;
  if (!run.head_repository) {
    core.info("The fork is gone.");
    return;
  }
  // GitHub leaves `run.pull_requests` empty for a fork.
  const pulls = await github.paginate(github.rest.pulls.list, {
    owner,
    repo,
    state: "open",
    head: `${run.head_repository.owner.login}:${run.head_branch}`,
  });
  const body = `${MARK}\n${harmless(await readFile(file, "utf8"))}`;
  for (const pull of pulls.filter((found) => found.head.sha === run.head_sha)) {
    const about = { owner, repo, issue_number: pull.number };
    const comments = await github.paginate(github.rest.issues.listComments, about);
    const mine = comments.find(
      (found) => found.user?.type === "Bot" && found.body?.startsWith(MARK),
    );
    if (mine === undefined) {
      await github.rest.issues.createComment({ ...about, body });
    } else if (mine.body !== body) {
      await github.rest.issues.updateComment({ owner, repo, comment_id: mine.id, body });
    }
    core.info(`#${pull.number} is told.`);
  }
}

module.exports = { comment, harmless, MARK };
