// Package bff holds the words of the application: users, posts, pages, ids and the kinds of error.
//
// Every other package speaks in these words and this one imports nothing of the project. It never fetches, stores or
// prints anything:
//
//	user := &bff.User{ID: 1, Username: "lucus", Phone: bff.NewPhone("13100000001")}
//	fmt.Println(user.Phone)        // ***
//	id := user.GlobalID()          // opaque, VXNlcjox
//	n, err := bff.ParseID(bff.UserKind, id)
package bff
