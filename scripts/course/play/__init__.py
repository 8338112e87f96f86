"""The playground: a learner's own folder, begun from one step on the way to the next.

    progress     which step a learner has, which one comes next, and what is finished
    folder       ``playground/`` itself: its files, its own git, its environment
    changing     what begins, solves, fetches and restores, each with a backup first
    reading      what can be said of a learner's files without running them
    trial        the next step's tests, run on a copy of the playground
    failure      what one failing test says
    sections     which section of a step's page shows which file
    diagnosis    from failing tests and differing files to the mistake
    screens      what a person sees of it
    mistakes     the mistakes that pages show, really made
    serving      the playground, served like a step

It is generic like the rest of the tool: what a message of some framework means to a beginner is
said by the catalogue's ``[[mistake]]`` tables.
"""
