"""What runs in the container of the emulated AWS: MiniStack, and what a deployment needs beside it.

MiniStack keeps much of what a template says as data alone. These modules make it do what AWS does:
a database is a server, a container gets the settings of its definition, a service is stable before
its stack goes on. Each is given the modules of MiniStack that it changes, so that it can be tested
where MiniStack is not installed; `__main__` is the one that imports them.
"""
