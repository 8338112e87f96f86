"""The cached list of posts: a change shows at once, and everything works without the cache."""


def test_every_change_shows_at_once(site, visitor, anna):
    actor = site.member(anna)
    assert visitor.posts().posts == []
    post = actor.publish("A heron")
    assert [shown.text for shown in visitor.posts().posts] == ["A heron"]
    actor.edit(post.id, text="Two herons")
    actor.like(post.id)
    assert [(shown.text, shown.likes) for shown in visitor.posts().posts] == [("Two herons", 1)]
    actor.unlike(post.id)
    assert [shown.likes for shown in visitor.posts().posts] == [0]
    actor.delete(post.id)
    assert visitor.posts().posts == []


def test_everything_works_without_the_cache(site, anna, set_cache_url):
    set_cache_url("redis://127.0.0.1:1")
    actor = site.member(anna)
    actor.like(actor.publish("A heron").id)
    assert [(post.text, post.liked) for post in actor.posts().posts] == [("A heron", True)]
