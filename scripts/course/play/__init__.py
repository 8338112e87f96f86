"""The playground: a learner's own folder, begun from one step on the way to the next.

    progress           which step a learner has, which one comes next, and what is finished
    folder             ``playground/`` itself: its files, its own git, its environment
    file_changes       what begins, solves, fetches and restores, each with a backup first
    unreadable_files   what can be said of a learner's files without running them
    next_step_tests    the next step's tests, run on a copy of the playground
    watching           how far those tests are, and whether one of them hangs
    failure            what one failing test says
    sections           which section of a step's page shows which file
    hints              the next piece of the page that the playground lacks
    diagnosis          from failing tests and differing files to the mistake
    screens            what a person sees of it
    export             what a check found, as a file for an instructor
    mistake_check      the mistakes that pages show, really made
    serving            the playground, served like a step
    backing_services   its database in the learner's own services

It is generic like the rest of the tool: what a message of some framework means to a beginner is
said by the catalogue's ``[[mistake]]`` tables.
"""
