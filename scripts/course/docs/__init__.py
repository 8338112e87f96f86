"""The site: pages whose code comes from the snapshots, and the check that they tell the truth.

Data flows one way: chain → `difference` → `views` → `extension` → built page → `gates`. The views
turn a piece of a snapshot into HTML; the gates read that HTML and know nothing of the views.

    views        what each piece of a page becomes
    publish      the site of all pages: built, previewed, bound as a book
    consoles     the console blocks: read, run, compared
    pictures     the pictures of running snapshots
    inspect      the built site, looked at in a browser
    gates        what must be true of the pages

All of it is checked together by `course.site_check`, which stands above this and `course.play`.
"""
