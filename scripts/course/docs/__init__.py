"""The site: pages whose code comes from the snapshots, and the check that they tell the truth.

Data flows one way: chain → `changes` → views → `extension` → built page → `gates`. The views turn
a piece of a snapshot into HTML; the gates read that HTML and know nothing of the views.
"""
