#!/bin/sh
# Say what a pull request or a push touches: lines `name=value`, for $GITHUB_OUTPUT.
#
#   base   the revision to compare with; empty: there is none, everything is to be done
#   tool   whether the tool, or anything else that is neither a step nor a page, differs
#   site   whether anything differs that the site is made from
#
# It reads EVENT (the name of the event), MAIN (the branch that holds what is published) and BEFORE
# (what a push found on its branch), and needs the whole history.
set -eu

base=
case $EVENT in
    pull_request)
        # What is checked out is the change, merged into its target: the first parent is the target
        # as it is now, and what differs from it is the change alone.
        base=$(git rev-parse --verify 'HEAD^1')
        ;;
    push)
        # Not BEFORE: a push that follows quickly ends the run of the one before it, and what that
        # one touched would never be verified.
        base=$(git merge-base HEAD "origin/$MAIN" 2> /dev/null) || base=
        if [ "$base" = "$(git rev-parse HEAD)" ]; then
            base=
        fi
        # BEFORE is all zeros on the first push of a branch, and unknown after a forced one.
        if [ -z "$base" ] && git merge-base --is-ancestor "$BEFORE" HEAD 2> /dev/null; then
            base=$BEFORE
        fi
        ;;
esac

# Whether anything differs in the paths that are named.
differs() {
    if [ -z "$base" ] || ! git diff --quiet "$base" HEAD -- "$@"; then
        echo true
    else
        echo false
    fi
}

# Both name what they leave out, so that a file nobody thought of counts.
echo "base=$base"
echo "tool=$(differs . ':(exclude)steps' ':(exclude)final' ':(exclude)docs' ':(exclude,glob)*.md')"
echo "site=$(differs . ':(exclude).github' ':(exclude).devcontainer' ':(exclude)scripts/tests' \
    ':(exclude)scripts/bench')"
